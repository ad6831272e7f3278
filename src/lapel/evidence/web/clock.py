"""Times as people read them: in the agency's zone, 24 hours, exact."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from gettext import NullTranslations
from zoneinfo import ZoneInfo


def _days(words: NullTranslations) -> tuple[str, ...]:
    _ = words.gettext
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def _months(words: NullTranslations) -> tuple[str, ...]:
    _ = words.gettext
    first = (_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"))
    return (*first, _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"))


@dataclass(frozen=True, slots=True)
class Local:
    """Formats of one zone, in one language. All take UTC milliseconds."""

    zone: ZoneInfo
    words: NullTranslations

    def moment(self, ms: int) -> datetime:
        """Give a date and time in the zone."""
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone)

    def clock(self, ms: int) -> str:
        """Print `14:02:11`."""
        return f"{self.moment(ms):%H:%M:%S}"

    def day(self, ms: int) -> str:
        """Print `Sat 21 Nov`."""
        found = self.moment(ms)
        day = _days(self.words)[found.weekday()]
        return f"{day} {found.day} {_months(self.words)[found.month - 1]}"

    def date(self, ms: int) -> str:
        """Print `21 Nov 2026`."""
        found = self.moment(ms)
        return f"{found.day} {_months(self.words)[found.month - 1]} {found.year}"

    def both(self, ms: int) -> str:
        """Print `Sat 21 Nov, 14:02:11`."""
        return f"{self.day(ms)}, {self.clock(ms)}"

    def whole(self, ms: int) -> str:
        """Print `Sat 21 Nov 2026, 14:02:11`."""
        found = self.moment(ms)
        return f"{self.day(ms)} {found.year}, {self.clock(ms)}"

    def offset(self, ms: int) -> str:
        """Print the offset from UTC, `+01:00`."""
        text = f"{self.moment(ms):%z}"
        return f"{text[:3]}:{text[3:]}"

    def utc(self, ms: int) -> str:
        """Print raw UTC, `2026-11-21T14:02:11.000Z`."""
        found = datetime.fromtimestamp(ms // 1000, UTC)
        return f"{found:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"

    def day_ms(self, text: str, *, after: bool = False) -> int | None:
        """Read `2026-11-21` as the first instant of that day, or of the next."""
        try:
            found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=self.zone)
        except ValueError:
            return None
        try:
            day = found + timedelta(days=1) if after else found
        except OverflowError:
            return None
        return int(day.timestamp() * 1000)


def length(ms: int) -> str:
    """Print a duration: `7 min 29 s`, `1 h 47 min`, `12 s`."""
    seconds = max(0, round(ms / 1000))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    if minutes:
        return f"{minutes} min {seconds:02d} s"
    return f"{seconds} s"


def size(count: int) -> str:
    """Print bytes in MB of 10^6."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.2f} GB"
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1000:.0f} kB"


def spaced(number: int) -> str:
    """Print a number in groups of three."""
    return f"{number:,}".replace(",", "\u202f")
