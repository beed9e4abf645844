//! The `aws-chunked` framing, signed and unsigned, with or without trailers. Pure: bytes in, data out, any split of the input.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use bytes::{Buf, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use crate::auth::ChunkSigner;
use crate::error::{Code, S3Error};

/// Longest chunk header or trailer line.
const MAX_LINE: usize = 1024;
const MAX_TRAILERS: usize = 16;

/// Which of the `STREAMING-*` forms a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Chunks (and the trailer) carry signatures.
    pub(crate) signed: bool,
    /// Trailer lines may follow the last chunk.
    pub(crate) trailer: bool,
}

#[derive(Debug)]
enum State {
    Header,
    Data { left: u64 },
    DataEnd { last: bool },
    Trailer,
    Done,
}

/// Takes the framing off.
#[derive(Debug)]
pub(crate) struct ChunkDecoder {
    framing: Framing,
    /// `None` if signatures are framed but nobody asked to verify them.
    signer: Option<ChunkSigner>,
    state: State,
    line: BytesMut,
    hash: Sha256,
    signature: String,
    trailers: Vec<(String, String)>,
    signed_lines: String,
    trailer_signature: Option<String>,
}

impl ChunkDecoder {
    pub(crate) fn new(framing: Framing, signer: Option<ChunkSigner>) -> Self {
        Self {
            framing,
            signer: signer.filter(|_| framing.signed),
            state: State::Header,
            line: BytesMut::new(),
            hash: Sha256::new(),
            signature: String::new(),
            trailers: Vec::new(),
            signed_lines: String::new(),
            trailer_signature: None,
        }
    }

    /// Takes some input off `input` and returns data, or `None` if it needs more.
    pub(crate) fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        while !input.is_empty() {
            match self.state {
                State::Header => {
                    if let Some(line) = self.line(input)? {
                        self.header(&line)?;
                    }
                }
                State::Data { left } => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let data = input.split_to(take);
                    if self.signer.is_some() {
                        self.hash.update(&data);
                    }
                    let left = left - take as u64;
                    self.state = if left == 0 { State::DataEnd { last: false } } else { State::Data { left } };
                    return Ok(Some(data));
                }
                State::DataEnd { last } => {
                    if let Some(line) = self.line(input)? {
                        self.data_end(&line, last)?;
                    }
                }
                State::Trailer => {
                    if let Some(line) = self.line(input)? {
                        self.trailer(&line)?;
                    }
                }
                State::Done => return Err(malformed("There is data after the last chunk")),
            }
        }
        Ok(None)
    }

    /// The trailers, once the input has ended.
    pub(crate) fn finish(mut self) -> Result<Vec<(String, String)>, S3Error> {
        // Some clients end the body right after the last trailer line, or after `0\r\n`.
        if matches!(self.state, State::Trailer) && self.line.is_empty() {
            self.close()?;
        }
        match self.state {
            State::Done | State::DataEnd { last: true } if self.line.is_empty() => Ok(self.trailers),
            _ => Err(Code::IncompleteBody.into()),
        }
    }

    /// A whole line without its CRLF, or `None` if it has not all arrived.
    fn line(&mut self, input: &mut Bytes) -> Result<Option<String>, S3Error> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let take = end.map_or(input.len(), |at| at + 1);
        if self.line.len() + take > MAX_LINE {
            return Err(malformed("A chunk header is too long"));
        }
        self.line.extend_from_slice(&input[..take]);
        input.advance(take);
        if end.is_none() {
            return Ok(None);
        }
        let line = self.line.split();
        let text = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok());
        text.map(|text| Some(text.to_owned())).ok_or_else(|| malformed("A chunk header is not a line of text"))
    }

    fn header(&mut self, line: &str) -> Result<(), S3Error> {
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let hex = !size.is_empty() && size.len() <= 16 && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let left = hex
            .then(|| u64::from_str_radix(size, 16).ok())
            .flatten()
            .ok_or_else(|| malformed("A chunk has no size"))?;
        if self.framing.signed {
            let signature =
                extension.strip_prefix("chunk-signature=").ok_or_else(|| malformed("A chunk has no signature"))?;
            signature.clone_into(&mut self.signature);
        }
        if left > 0 {
            self.state = State::Data { left };
            return Ok(());
        }
        self.verify_chunk()?;
        self.state = if self.framing.trailer { State::Trailer } else { State::DataEnd { last: true } };
        Ok(())
    }

    fn data_end(&mut self, line: &str, last: bool) -> Result<(), S3Error> {
        if !line.is_empty() {
            return Err(malformed("A chunk is longer than its size"));
        }
        if last {
            self.state = State::Done;
            return Ok(());
        }
        self.verify_chunk()?;
        self.state = State::Header;
        Ok(())
    }

    fn verify_chunk(&mut self) -> Result<(), S3Error> {
        let Some(signer) = &mut self.signer else { return Ok(()) };
        let hash = std::mem::take(&mut self.hash).finalize();
        if signer.chunk(&hash, &self.signature) { Ok(()) } else { Err(Code::SignatureDoesNotMatch.into()) }
    }

    fn trailer(&mut self, line: &str) -> Result<(), S3Error> {
        if line.is_empty() {
            return self.close();
        }
        let (name, value) = line.split_once(':').ok_or(Code::MalformedTrailerError)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "x-amz-trailer-signature" {
            self.trailer_signature = Some(value.to_owned());
            return Ok(());
        }
        if self.trailers.len() >= MAX_TRAILERS {
            return Err(Code::MalformedTrailerError.into());
        }
        self.signed_lines.push_str(&format!("{name}:{value}\n"));
        self.trailers.push((name, value.to_owned()));
        Ok(())
    }

    fn close(&mut self) -> Result<(), S3Error> {
        self.state = State::Done;
        let Some(signer) = &mut self.signer else { return Ok(()) };
        let signature = self.trailer_signature.as_deref().ok_or(Code::MalformedTrailerError)?;
        if signer.trailer(&self.signed_lines, signature) { Ok(()) } else { Err(Code::SignatureDoesNotMatch.into()) }
    }
}

fn malformed(message: &str) -> S3Error {
    S3Error::new(Code::InvalidRequest, format!("{message}. The body is not valid aws-chunked."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRAILER: Framing = Framing { signed: false, trailer: true };
    const PLAIN: Framing = Framing { signed: false, trailer: false };

    type Decoded = Result<(Vec<u8>, Vec<(String, String)>), S3Error>;

    fn run(framing: Framing, frames: &[&[u8]]) -> Decoded {
        let mut decoder = ChunkDecoder::new(framing, None);
        let mut data = Vec::new();
        for frame in frames {
            let mut input = Bytes::copy_from_slice(frame);
            while let Some(piece) = decoder.decode(&mut input)? {
                data.extend_from_slice(&piece);
            }
        }
        Ok((data, decoder.finish()?))
    }

    #[test]
    fn chunks_and_trailers_are_read() {
        let body = b"5\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n";
        let (data, trailers) = run(TRAILER, &[body]).unwrap();
        assert_eq!(data, b"hello!");
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "abc=".to_owned())]);
        assert_eq!(run(PLAIN, &[b"1\r\n!\r\n0\r\n\r\n"]).unwrap().0, b"!");
    }

    #[test]
    fn bad_framing_is_refused() {
        let long = vec![b'1'; 5000];
        for bad in [
            &b"5\r\nhel"[..],
            b"5\r\nhello!\r\n0\r\n\r\n",
            b"x\r\n",
            b"\r\n",
            b"ffffffffffffffffff\r\n",
            b"1\n!\n0\n\n",
            &long,
            b"1\r\n!\r\n",
            b"0\r\n\r\nmore",
            b"-1\r\n",
        ] {
            assert!(run(PLAIN, &[bad]).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        let many = format!("0\r\n{}\r\n", "a:b\r\n".repeat(17));
        assert_eq!(run(TRAILER, &[many.as_bytes()]).unwrap_err().code, Code::MalformedTrailerError);
        let signed = Framing { signed: true, trailer: false };
        assert!(run(signed, &[b"0\r\n\r\n"]).is_err(), "a signed chunk has a signature");
    }

    proptest! {
        #[test]
        fn any_split_of_the_input_gives_the_same_bytes(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\nx-amz-checksum-crc32:abc=\r\n\r\n");
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len())).collect();
            at.extend([0, body.len()]);
            at.sort_unstable();
            let frames: Vec<&[u8]> = at.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect();
            let (data, trailers) = run(TRAILER, &frames).unwrap();
            prop_assert_eq!(data, chunks.concat());
            prop_assert_eq!(trailers.len(), 1);
        }

        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = run(TRAILER, &[&bytes]);
        }
    }
}
