"""Files of all kinds, damaged by chance: each differs from a good one in a way of its kind."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable

from tests.gtan.runs.fuzzer import Damaged, damage_array, damage_tree, dumps

JSON = (".json", ".boris")
TEXT = (".csv", ".tsv", ".txt", ".eaf", ".bundle")
ZIP = (".npz", ".zip", ".pt")
TOKEN = re.compile(rb"[^\s,;:=<>\"'|]+")
HOSTILE = (
    b"", b"nan", b"inf", b"-1", b"0", b"-0.0", b"1e999", b"-1e300", b"1e-320", b"9" * 5000,
    b"9" * 400, b"1_0", b"1,5", b"0x10", b"\0", b"\xff\xfe", b"\xed\xa0\x80", "٣".encode(),
    "🦆".encode(), b"'", b'"',
    b'""', b",", b"\t", b";", b"\r", b"\n", b"\n\n", "\u2028".encode(), b"=1+1", b"__proto__",
    b"None", b"true", b"x" * 5000, b"../../x", b"/etc/passwd", b"[0.5]", b"00:00:99.999", b"&x;",
    b"<!DOCTYPE a>", b"<a>", b"</a>", b"\xef\xbb\xbf", b"#",
)  # fmt: skip


def damaged(name: str, content: bytes, chance: random.Random) -> bytes:
    """The content of a file called `name`, damaged; it may, rarely, come out as it was."""
    if name.endswith(".gz") and chance.random() < 0.8:
        inner = gzip.decompress(content)
        return gzip.compress(damaged(name[:-3], inner, chance), 1, mtime=0)
    if chance.random() < 0.25:
        return damage_bytes(content, chance)
    for endings, damage in KINDS:
        if name.endswith(endings):
            return damage(content, chance)
    return damage_bytes(content, chance)


def damage_json(content: bytes, chance: random.Random) -> bytes:
    """Values, keys and lists of the tree; or its text."""
    tree = json.loads(content)
    if chance.random() < 0.2 or not tree:
        return damage_text(content, chance)
    whole = {"": copy.deepcopy(tree)}
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if whole.get(""):
            damage_tree(whole[""] if isinstance(whole[""], dict | list) else whole, chance)
    return dumps(whole.get("")).encode()


def damage_text(content: bytes, chance: random.Random) -> bytes:
    """Words, cells and lines."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        lines = content.splitlines(keepends=True)
        what = chance.randrange(8)
        if what <= 3:
            words = list(TOKEN.finditer(content))
            if not words:
                return content
            word = chance.choice(words)
            other = chance.choice(HOSTILE)
            if chance.random() < 0.2:
                other = chance.choice(words)[0]
            content = content[: word.start()] + other + content[word.end() :]
        elif what == 4:
            at = chance.randrange(len(content) + 1)
            content = content[:at] + chance.choice(HOSTILE) + content[at:]
        elif not lines:
            return content
        elif what == 5:
            del lines[chance.randrange(len(lines))]
            content = b"".join(lines)
        elif what == 6:
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
            content = b"".join(lines)
        else:
            mark, new = chance.choice(((b",", b";"), (b"\t", b" "), (b".", b","), (b'"', b"'"),
                                       (b"\n", b"\r\n"), (b" ", b"")))  # fmt: skip
            content = content.replace(mark, new)
    return content


def damage_bytes(content: bytes, chance: random.Random) -> bytes:
    """The file as it lies on a bad disk; where most say what they are, at the ends, most often."""
    out = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 10))):
        if not out:
            break
        ends = chance.random()
        first = 0 if ends < 0.7 else max(0, len(out) - 300)
        last = min(len(out), 300) if ends < 0.4 else len(out)
        at = chance.randrange(first, max(last, first + 1))
        what = chance.randrange(6)
        if what <= 2:
            out[at] = chance.choice(
                (0, 255, chance.randrange(256), out[at] ^ 1 << chance.choice(range(8)))
            )
        elif what == 3:
            del out[at : at + chance.choice((1, 1, 4, 100))]
        elif what == 4:
            out[at:at] = chance.randbytes(chance.choice((1, 4, 8)))
        else:
            width = chance.choice((2, 4, 8))
            number = chance.choice((0, 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1, 10**4))
            out[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))
    if chance.random() < 0.15:
        del out[chance.randrange(len(out) + 1) :]
    return bytes(out)


def damage_npy(content: bytes, chance: random.Random) -> bytes:
    """The header's words, or numbers."""
    if chance.random() < 0.5:
        return damage_bytes(content, chance)
    size = int.from_bytes(content[8:10], "little")
    head = damage_text(content[10 : 10 + size], chance)
    if chance.random() < 0.5:
        words = (b"'<f8'", b"'|O'", b"'>c16'", b"'<M8[s]'", b"'|V7'", b"'<U9'", b"'?'", b"'<i8'")
        head = re.sub(rb"'<f4'", chance.choice(words), content[10 : 10 + size])
    return content[:8] + (len(head) & 0xFFFF).to_bytes(2, "little") + head + content[10 + size :]


def damage_safetensors(content: bytes, chance: random.Random) -> bytes:
    """The document, an array, the header."""
    try:
        file = Damaged(content)
    except KeyError:  # somebody's own, without a document
        size = int.from_bytes(content[:8], "little")
        head = damage_json(content[8 : 8 + size], chance)
        return len(head).to_bytes(8, "little") + head + content[8 + size :]
    what = chance.randrange(3)
    if what == 0 and file.document:
        damage_tree(file.document, chance)
    elif what == 1 and file.arrays:
        damage_array(file, chance)
    return file.content(
        (lambda header: damage_tree(header, chance)) if what == 2 else lambda _: None
    )


def damage_zip(content: bytes, chance: random.Random) -> bytes:
    """One of its files, packed again; a name; or one too many."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
        packing = archive.infolist()[0].compress_type
    name = chance.choice(list(members))
    what = chance.randrange(8)
    if what == 0:
        members[chance.choice(("../x", "/x", name + "x", "x\\y", "x"))] = members.pop(name)
    elif what == 1:
        del members[name]
    elif what == 2:
        packing = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED))
    elif name.endswith(".pkl"):
        members[name] = damage_bytes(members[name], chance)
    else:
        members[name] = damaged(name, members[name], chance)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for member, inside in members.items():
            archive.writestr(member, inside)
    return out.getvalue()


KINDS: tuple[tuple[tuple[str, ...], Callable[[bytes, random.Random], bytes]], ...] = (
    (JSON, damage_json),
    (TEXT, damage_text),
    ((".npy",), damage_npy),
    ((".safetensors",), damage_safetensors),
    (ZIP, damage_zip),
)
