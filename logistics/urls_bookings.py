"""Bilateral meetings: of a delegation, of the secretariat, at the doors, and for calendar programs."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from logistics.views import (
    booking_actions,
    booking_grid,
    bookings,
    door,
    meeting_actions,
    meeting_booking,
    meeting_feed,
    meetings,
)
from logistics.views.moments import MomentConverter

register_converter(MomentConverter, "moment")

delegation_urlpatterns = [
    path("", meetings.Meetings.as_view(), name="meetings"),
    path("free/", meetings.FreeRooms.as_view(), name="meetings-free"),
    path("together/", meetings.Together.as_view(), name="meetings-together"),
    path("book/<slug:room>/<moment:at>/", meeting_booking.BookSlot.as_view(), name="meetings-book"),
    path("wait/", meeting_booking.Wait.as_view(), name="meetings-wait"),
    path("wait/<int:pk>/leave/", meeting_booking.LeaveLine.as_view(), name="meetings-wait-leave"),
    path("offers/<int:pk>/accept/", meeting_booking.AcceptOffer.as_view(), name="meetings-offer-accept"),
    path("offers/<int:pk>/decline/", meeting_booking.DeclineOffer.as_view(), name="meetings-offer-decline"),
    path("note/", meeting_booking.SendNote.as_view(), name="meetings-note"),
    path("<int:pk>/", meetings.MeetingPage.as_view(), name="meeting"),
    path("<int:pk>/confirm/", meeting_actions.Confirm.as_view(), name="meeting-confirm"),
    path("<int:pk>/decline/", meeting_actions.Decline.as_view(), name="meeting-decline"),
    path("<int:pk>/propose/", meeting_actions.Propose.as_view(), name="meeting-propose"),
    path("<int:pk>/accept/", meeting_actions.Accept.as_view(), name="meeting-accept"),
    path("<int:pk>/refuse/", meeting_actions.Refuse.as_view(), name="meeting-refuse"),
    path("<int:pk>/move/", meeting_actions.Move.as_view(), name="meeting-move"),
    path("<int:pk>/edit/", meeting_actions.Edit.as_view(), name="meeting-edit"),
    path("<int:pk>/cancel/", meeting_actions.Cancel.as_view(), name="meeting-cancel"),
    path("<int:pk>/check-in/", meeting_actions.CheckIn.as_view(), name="meeting-check-in"),
    path("<int:pk>/meeting.ics", meeting_booking.MeetingCalendar.as_view(), name="meeting-calendar"),
]

staff_urlpatterns = [
    path("", bookings.DayPage.as_view(), name="bookings"),
    path("new/", booking_actions.BookOnBehalf.as_view(), name="booking-new"),
    path("waiting/", bookings.WaitingPage.as_view(), name="bookings-waiting"),
    path("occupancy/", bookings.Occupancy.as_view(), name="bookings-occupancy"),
    path("grid/", booking_grid.ChangeGrid.as_view(), name="bookings-grid"),
    path("notes/", bookings.Notes.as_view(), name="bookings-notes"),
    path("notes/<str:who>/confirm/", booking_actions.ConfirmNote.as_view(), name="note-confirm"),
    path("notes/<str:who>/note.pdf", bookings.NoteFile.as_view(), name="note-file"),
    path("<int:pk>/", bookings.BookingPage.as_view(), name="booking"),
    path("<int:pk>/move/", booking_actions.Move.as_view(), name="booking-move"),
    path("<int:pk>/swap/", booking_actions.Swap.as_view(), name="booking-swap"),
    path("<int:pk>/cancel/", booking_actions.Cancel.as_view(), name="booking-cancel"),
    path("<int:pk>/approve/", booking_actions.Approve.as_view(), name="booking-approve"),
    path("<int:pk>/check-in/", booking_actions.CheckIn.as_view(), name="booking-check-in"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:code>/delegation/<str:who>/meetings/", include(delegation_urlpatterns)),
    path("<slug:code>/staff/bookings/", include(staff_urlpatterns)),
    path("<slug:code>/meetings/<str:token>.ics", meeting_feed.feed, name="meetings-feed"),
    path("<slug:code>/rooms/<slug:room>/calendar.ics", meeting_feed.feed_of_room, name="room-calendar"),
    path("<slug:code>/rooms/<slug:room>/door/", door.Door.as_view(), name="door"),
    path("<slug:code>/rooms/<slug:room>/check-in/<str:token>/", door.CheckInAtDoor.as_view(), name="door-check-in"),
]
