//! Bodies with unsupported, invalid or oversized compression.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use crate::callers::BODY_LIMIT;
use crate::fault::{Fault, VALID_BODY, check, fault, response, send};
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
    let valid = gzip(VALID_BODY.as_bytes());
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(VALID_BODY.as_bytes()).unwrap();
    let deflated = deflated.finish().unwrap();
    let mut spoiled = valid.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    check(&[
        encoded("gzip", "gzip", &valid),
        encoded("gzip in capitals", "GZIP", &valid),
        encoded("identity", "identity", VALID_BODY.as_bytes()),
        encoded("a decompression bomb", "gzip", &gzip(&vec![b' '; 64 << 20])).once(Ends::TooLarge(200)),
        encoded("a body at the limit", "gzip", &gzip(&padded(BODY_LIMIT))),
        encoded("a body over the limit by one", "gzip", &gzip(&padded(BODY_LIMIT + 1)))
            .once(Ends::TooLarge(200)),
        encoded("truncated gzip", "gzip", &valid[..valid.len() - 9]).repeated(Ends::Lost),
        encoded("gzip with a wrong checksum", "gzip", &spoiled).repeated(Ends::Lost),
        encoded("invalid gzip", "gzip", VALID_BODY.as_bytes()).repeated(Ends::Lost),
        encoded("gzip in gzip", "gzip, gzip", &gzip(&valid)).repeated(Ends::Lost),
        encoded("gzip in gzip, in one header", "gzip", &gzip(&valid)).once(Ends::Undecodable(200)),
        encoded("gzip without its Content-Encoding", "identity", &valid).once(Ends::Undecodable(200)),
        encoded("unrequested brotli", "br", VALID_BODY.as_bytes()).repeated(Ends::Lost),
        encoded("unrequested deflate", "deflate", &deflated).repeated(Ends::Lost),
        encoded("unrequested zstd", "zstd", b"\x28\xb5\x2f\xfd").repeated(Ends::Lost),
        encoded("an unknown encoding", "rot13", VALID_BODY.as_bytes()).repeated(Ends::Lost),
    ]);
}

/// Valid body of this length.
fn padded(length: usize) -> Vec<u8> {
    let mut body = VALID_BODY.as_bytes().to_vec();
    body.resize(length, b' ');
    body
}
