//! Bodies with unsupported, invalid or oversized compression.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use crate::callers::BODY_LIMIT;
use crate::fault::{Fault, GOOD, check, fault, response, send};
use crate::outcome::Ends;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(name: &str, encoding: &str, body: &[u8]) -> Fault {
    fault(name, vec![send(response("200 OK", &format!("content-encoding: {encoding}\r\n"), body))])
}

#[test]
fn compressed_bodies() {
    let good = gzip(GOOD.as_bytes());
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(GOOD.as_bytes()).unwrap();
    let deflated = deflated.finish().unwrap();
    let mut spoiled = good.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    check(&[
        encoded("gzip", "gzip", &good),
        encoded("gzip in capitals", "GZIP", &good),
        encoded("identity", "identity", GOOD.as_bytes()),
        encoded("a decompression bomb", "gzip", &gzip(&vec![b' '; 64 << 20])).once(Ends::TooLarge(200)),
        encoded("a body at the limit", "gzip", &gzip(&padded(BODY_LIMIT))),
        encoded("a body over the limit by one", "gzip", &gzip(&padded(BODY_LIMIT + 1)))
            .once(Ends::TooLarge(200)),
        encoded("truncated gzip", "gzip", &good[..good.len() - 9]).repeated(Ends::Lost),
        encoded("gzip with a wrong checksum", "gzip", &spoiled).repeated(Ends::Lost),
        encoded("invalid gzip", "gzip", GOOD.as_bytes()).repeated(Ends::Lost),
        encoded("gzip in gzip", "gzip, gzip", &gzip(&good)).repeated(Ends::Lost),
        encoded("gzip in gzip, in one header", "gzip", &gzip(&good)).once(Ends::Undecodable(200)),
        encoded("gzip without its Content-Encoding", "identity", &good).once(Ends::Undecodable(200)),
        encoded("unrequested brotli", "br", GOOD.as_bytes()).repeated(Ends::Lost),
        encoded("unrequested deflate", "deflate", &deflated).repeated(Ends::Lost),
        encoded("unrequested zstd", "zstd", b"\x28\xb5\x2f\xfd").repeated(Ends::Lost),
        encoded("an unknown encoding", "rot13", GOOD.as_bytes()).repeated(Ends::Lost),
    ]);
}

/// Valid body of this length.
fn padded(length: usize) -> Vec<u8> {
    let mut body = GOOD.as_bytes().to_vec();
    body.resize(length, b' ');
    body
}
