"""What a file is by its first bytes, whatever it is called."""

from __future__ import annotations

from pathlib import Path

MAGIC = (
    (b"PK\x03\x04", "a zip archive, as PyTorch's pickled weights and NumPy's npz are"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF file"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"BZh", "bzip2-compressed"),
    (b"Rar!", "a RAR archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
    (b"version https:/", "a pointer of Git LFS; the file itself was not fetched"),
)
OLDEST_PICKLES = (
    b"(d", b"(l", b"(i", b"(c", b"]q", b"}q", b"c__", b"cos\n", b"cposix\n", b"cbuiltins\n",
)  # fmt: skip
CODE_CARRIERS = ("a pickle", "a zip archive", "a 7z archive", "a program", "a script", "a tar")


def content_of(path: Path) -> str:
    """In a few words what a file is by its first bytes; empty where nothing is known of them."""
    with path.open("rb") as file:
        head = file.read(262 + 5)
    if not head:
        return "empty"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle, which can run code"
    if head.startswith(OLDEST_PICKLES):
        return "a pickle, which can run code"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return next((says for magic, says in MAGIC if head.startswith(magic)), "")


def carries_code(content: str) -> bool:
    """Whether opening such a file can run what stands in it, or unpack such files."""
    return content.startswith(CODE_CARRIERS)
