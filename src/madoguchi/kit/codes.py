"""Codes that machines read, as dark rectangles on a ground: QR by segno, Code 128 by its table. Pure."""

import msgspec
import segno

_QUIET_SQUARES, _QUIET_BARS = 4, 10  # modules that stay white around a code

# Widths of bars and gaps, alternately, of the characters of Code 128 (ISO/IEC 15417), six figures each; and its stop.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_STOP = "2331112"
_START_B = 104


class Marks(msgspec.Struct, frozen=True):
    """A code on a ground of `width` × `height` modules, its quiet zone within: dark runs as (x, y, length).

    The runs of a bar code are as high as the ground, those of a 2D code one module.
    """

    width: int
    height: int
    runs: tuple[tuple[int, int, int], ...]

    @property
    def path(self) -> str:
        """The runs as the path of an SVG."""
        return "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in self.runs)


def qr(text: str) -> Marks:
    """A QR code that is still read with a quarter of it gone."""
    rows = tuple(tuple(map(bool, row)) for row in segno.make_qr(text, error="q").matrix)
    side = len(rows) + 2 * _QUIET_SQUARES
    return Marks(
        side,
        side,
        tuple(
            (x + _QUIET_SQUARES, y + _QUIET_SQUARES, length) for y, row in enumerate(rows) for x, length in _dark(row)
        ),
    )


def code128(text: str) -> Marks:
    """A Code 128 of printable ASCII; ValueError for anything else."""
    if not text or not all(" " <= sign <= "~" for sign in text):
        raise ValueError(f"{text!r} cannot be a bar code")
    signs = [_START_B, *(ord(sign) - ord(" ") for sign in text)]
    check = (signs[0] + sum(at * sign for at, sign in enumerate(signs))) % 103
    widths = "".join(_WIDTHS[6 * sign : 6 * sign + 6] for sign in (*signs, check)) + _STOP
    at, runs = _QUIET_BARS, []
    for place, width in enumerate(map(int, widths)):
        if place % 2 == 0:
            runs.append((at, 0, width))
        at += width
    return Marks(at + _QUIET_BARS, 1, tuple(runs))


def _dark(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where the dark runs of a row begin, and how long they are."""
    found, start = [], None
    for x, dark in enumerate((*row, False)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found.append((start, x - start))
            start = None
    return found
