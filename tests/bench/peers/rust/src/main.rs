//! The parser of mysql_async (its crate mysql_common) over a binlog file, and nothing else: no server, no output.
//!
//!     leatpeers FILE
//!
//! Prints as JSON how many row changes and events there were and how long it took. Every row's values are made, since
//! that is when the crate reads them. It verifies checksums, always.
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use mysql_common::binlog::consts::BinlogVersion;
use mysql_common::binlog::events::EventData;
use mysql_common::binlog::BinlogFile;

const READ_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: leatpeers FILE")?;
    let begin = Instant::now();
    let read = BufReader::with_capacity(READ_BYTES, File::open(path)?);
    let mut file = BinlogFile::new(BinlogVersion::Version4, read)?;
    let (mut rows, mut events) = (0u64, 0u64);
    while let Some(event) = file.next() {
        let event = event?;
        events += 1;
        if let Some(EventData::RowsEvent(data)) = event.read_data()? {
            let table = file.reader().get_tme(data.table_id()).ok_or("rows without a table map")?;
            for row in data.rows(table) {
                std::hint::black_box(row?);
                rows += 1;
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{{\"rows\":{rows},\"events\":{events},\"wall_s\":{seconds}}}");
    Ok(())
}
