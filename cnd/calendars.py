"""The beginning that all calendars share (RFC 5545): who made it, what it is called, how often to look again."""

from datetime import timedelta

from icalendar import Calendar

REFRESH = timedelta(hours=1)


def new_calendar(product: str, *, title: str = "", time_zone: str = "", method: str = "PUBLISH") -> Calendar:
    """Return an empty calendar; one with a title is a feed to subscribe to, one without is attached to a mail."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Meeting-logistics planner//{product}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if title:
        calendar.add("name", title)
        calendar.add("x-wr-calname", title)
        calendar.add("x-wr-timezone", time_zone)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    return calendar
