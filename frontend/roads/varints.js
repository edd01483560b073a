// Unsigned varints and length-delimited fields of Protocol Buffers, read from and written to bytes. Numbers up to 2^53.

export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint() {
    const { bytes } = this;
    let value = bytes[this.at++];
    if (value < 128) return value;
    value &= 127;
    for (let scale = 128; ; scale *= 128) {
      const byte = bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  zigzag() {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  // Calls `each(field, reader)` with the number of every length-delimited field and a reader of it; other fields are passed over.
  fields(each) {
    while (this.at < this.end) {
      const key = this.varint();
      const kind = key & 7;
      if (kind === 2) {
        const size = this.varint();
        each(key >> 3, new Reader(this.bytes, this.at, this.at + size));
        this.at += size;
      } else this.skip(kind);
    }
  }

  skip(kind) {
    if (kind === 0) this.varint();
    else if (kind === 2) {
      const size = this.varint();
      this.at += size;
    } else this.at += kind === 1 ? 8 : 4;
  }
}

export class Writer {
  constructor(size) {
    this.bytes = new Uint8Array(size);
    this.at = 0;
  }

  varint(value) {
    while (value > 127) {
      this.bytes[this.at++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.bytes[this.at++] = value;
  }

  // Bytes of `source` from `start` to `end`: a few at a time, so that a loop is faster than a copy of a view.
  copy(source, start, end) {
    const { bytes } = this;
    let { at } = this;
    for (let i = start; i < end; i++) bytes[at++] = source[i];
    this.at = at;
  }
}

export const varintSize = (value) => {
  let size = 1;
  for (; value > 127; value = Math.floor(value / 128)) size++;
  return size;
};
