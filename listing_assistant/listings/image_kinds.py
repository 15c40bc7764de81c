"""Kinds of files by their first bytes, and what a file's name claims."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    HEIC = "HEIC"
    AVIF = "AVIF"
    GIF = "GIF"
    TIFF = "TIFF"
    BMP = "BMP"
    SVG = "SVG"
    PDF = "PDF"
    PSD = "Photoshop"
    ICO = "icon"
    JPEG_XL = "JPEG XL"
    JPEG_2000 = "JPEG 2000"

    @property
    def extension(self) -> str:
        """The usual ending of its files."""
        return next(ending for ending, kind in EXTENSIONS.items() if kind is self)


PILLOW_FORMATS = {
    Kind.JPEG: ["JPEG", "MPO"],
    Kind.PNG: ["PNG"],
    Kind.WEBP: ["WEBP"],
    Kind.HEIC: ["HEIF"],
    Kind.AVIF: ["AVIF"],
}
ACCEPTED = frozenset(PILLOW_FORMATS)

EXTENSIONS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), Kind.JPEG),
    **dict.fromkeys((".png", ".apng"), Kind.PNG),
    ".webp": Kind.WEBP,
    **dict.fromkeys((".heic", ".heif", ".hif", ".heics", ".heifs"), Kind.HEIC),
    **dict.fromkeys((".avif", ".avifs"), Kind.AVIF),
    ".gif": Kind.GIF,
    **dict.fromkeys((".tif", ".tiff", ".dng"), Kind.TIFF),
    **dict.fromkeys((".bmp", ".dib"), Kind.BMP),
    **dict.fromkeys((".svg", ".svgz"), Kind.SVG),
    ".pdf": Kind.PDF,
    ".psd": Kind.PSD,
    ".ico": Kind.ICO,
    ".jxl": Kind.JPEG_XL,
    **dict.fromkeys((".jp2", ".j2k"), Kind.JPEG_2000),
}

SIGNATURES = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"BM", Kind.BMP),
    (b"%PDF-", Kind.PDF),
    (b"8BPS", Kind.PSD),
    (b"\x00\x00\x01\x00", Kind.ICO),
    (b"\xff\x0a", Kind.JPEG_XL),
    (b"\x00\x00\x00\x0cJXL ", Kind.JPEG_XL),
    (b"\x00\x00\x00\x0cjP  ", Kind.JPEG_2000),
)
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})


def kind_of(data: bytes) -> Kind | None:
    """What the bytes say they are; None for anything that is no picture."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp":
        return _kind_of_container(data)
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            return kind
    return Kind.SVG if _looks_like_svg(data) else None


def _kind_of_container(data: bytes) -> Kind | None:
    """HEIC and AVIF share a container; the list of brands in its first box tells them apart."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[start : start + 4] for start in range(16, length, 4))}
    # An AVIF also carries the general brand mif1, so it is asked first.
    if brands & AVIF_BRANDS:
        return Kind.AVIF
    return Kind.HEIC if brands & HEIF_BRANDS else None


def _looks_like_svg(data: bytes) -> bool:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in start
