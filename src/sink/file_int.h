/* What the files of the file sink share: its two ways (a folder, standard output) and how its files are
 * named. */
#ifndef LEAT_SINK_FILE_INT_H
#define LEAT_SINK_FILE_INT_H

#include "file_lines_int.h"
#include "sink/sink.h"
#include "slots_int.h"

/* Both ways begin with this. */
struct leat_sink {
    const struct leat_sink_ops *way;
};

extern const struct leat_sink_ops leat_file_folder; /* exactly once */
extern const struct leat_sink_ops leat_file_stream; /* standard output: at least once */

/* ---- Names: SINK-GGGGGG-SSSSSSSSSSSSSSSSSSSS.jsonl[.zst|.gz][.part]; they sort in the order of delivery
 * ---- */

struct leat_file_name {
    uint64_t generation, first_seq;
    enum leat_compress compress;
    bool part; /* still open */
};

/* FOLDER/NAME of it, fresh memory. */
char *leat_file_path(const char *folder, const char *sink_name, const struct leat_file_name *name);
/* Whether `entry` of a folder is a file of this sink. */
bool leat_file_name_parse(struct leat_file_name *name, const char *sink_name, const char *entry);
/* Names that could leave the folder or hide in it. */
int leat_file_check_sink_name(const char *sink_name, struct leat_error *err) LEAT_CHECKED;

#endif
