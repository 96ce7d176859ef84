// Adds up what binlog files change, a line a table:
//
//     totals FILE…
//     shop.cart: 120 inserted, 7 updated, 0 deleted, sum of amount 1234.5
//
// Shows leat/decode.h from C++: the decoder frees itself, errors are exceptions, values are read where they lie.
#include <leat/decode.h>

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Totals {
    uint64_t changes[4] = {};
    std::map<std::string, double> sums; // of numeric columns, over inserted rows
};

using Tables = std::map<std::string, Totals>;

struct Free {
    void operator()(leat_decode *decode) const { leat_decode_free(&decode); }
};
using Decoder = std::unique_ptr<leat_decode, Free>;

void check(int result, const leat_error &err)
{
    if (result != LEAT_OK)
        throw std::runtime_error(std::string(err.message) + (err.cure[0] ? "; to cure it: " : "") + err.cure);
}

void add(Totals &totals, const leat_decode_change &change, uint32_t column, leat_error *err)
{
    leat_decode_value value;
    check(leat_decode_get(&value, change.after, column, err), *err);
    if (value.state != LEAT_DECODE_VALUE)
        return;
    const leat_decode_text &name = change.table->columns[column].name;
    std::string key = name.size ? std::string(name.bytes, name.size) : "@" + std::to_string(column + 1);
    if (value.type == LEAT_DECODE_INT)
        totals.sums[key] += static_cast<double>(value.as.integer);
    else if (value.type == LEAT_DECODE_UINT)
        totals.sums[key] += static_cast<double>(value.as.natural);
    else if (value.type == LEAT_DECODE_FLOAT || value.type == LEAT_DECODE_DOUBLE)
        totals.sums[key] += value.as.real;
}

// Called from C: exceptions must not pass.
int on_change(void *context, const leat_decode_change *change, leat_error *err) noexcept
{
    try {
        Tables &tables = *static_cast<Tables *>(context);
        Totals &totals = tables[std::string(change->table->database.bytes) + "." + change->table->name.bytes];
        totals.changes[change->op]++;
        if (change->op == LEAT_DECODE_INSERT)
            for (uint32_t i = 0; i < change->table->column_count; i++)
                add(totals, *change, i, err);
        return LEAT_OK;
    } catch (const std::exception &) {
        return LEAT_FAIL; // err is filled
    }
}

int on_rollback(void *, uint64_t, leat_error *) noexcept
{
    return LEAT_OK; // these are totals of what was logged, whether it stayed or not
}

int on_resolve(void *, const leat_decode_resolve *, leat_error *) noexcept
{
    return LEAT_OK;
}

void decode_file(leat_decode *decode, const char *name)
{
    std::ifstream file(name, std::ios::binary);
    if (!file)
        throw std::runtime_error(std::string("can't open ") + name);
    leat_error err = {};
    std::vector<char> bytes(1 << 16);
    leat_decode_start(decode, name, 4);
    while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), file.gcount() > 0)
        check(leat_decode_bytes(decode, bytes.data(), static_cast<size_t>(file.gcount()), &err), err);
    check(leat_decode_finish(decode, &err), err);
}

void print(const Tables &tables)
{
    for (const auto &[name, totals] : tables) {
        std::cout << name << ": " << totals.changes[LEAT_DECODE_INSERT] << " inserted, " << totals.changes[LEAT_DECODE_UPDATE]
                  << " updated, " << totals.changes[LEAT_DECODE_DELETE] << " deleted";
        for (const auto &[column, sum] : totals.sums)
            std::cout << ", sum of " << column << " " << sum;
        std::cout << "\n";
    }
}

} // namespace

int main(int argc, char **argv)
try {
    Tables tables;
    leat_decode_listener listener = {};
    listener.context = &tables;
    listener.change = on_change;
    listener.rollback = on_rollback;
    listener.resolve = on_resolve;
    leat_decode *made;
    leat_error err = {};
    check(leat_decode_new(&made, &listener, nullptr, &err), err);
    Decoder decoder(made);
    for (int i = 1; i < argc; i++)
        decode_file(decoder.get(), argv[i]);
    print(tables);
} catch (const std::exception &error) {
    std::cerr << error.what() << "\n";
    return 1;
}
