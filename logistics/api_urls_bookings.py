from django.urls import path

from logistics import api_availability as availability
from logistics import api_bookings as bookings
from logistics import api_waiting as waiting

ROOT = "sessions/<slug:code>/"
ONE = f"{ROOT}bookings/<int:booking>/"
ENTRY = f"{ROOT}waiting/<int:entry>/"
STEPS = {
    "confirm": bookings.BookingConfirmation,
    "decline": bookings.BookingRefusal,
    "propose": bookings.BookingProposal,
    "accept-proposal": bookings.BookingProposalAcceptance,
    "refuse-proposal": bookings.BookingProposalRefusal,
    "move": bookings.BookingMove,
    "cancel": bookings.BookingCancellation,
    "approve": bookings.BookingApproval,
    "check-in": bookings.BookingCheckIn,
}
OF_WAITING = {
    "leave": waiting.WaitingLeft,
    "accept": waiting.OfferAccepted,
    "decline": waiting.OfferDeclined,
}

urlpatterns = [
    path(f"{ROOT}availability/", availability.Availability.as_view(), name="api-availability"),
    path(
        f"{ROOT}rooms/<slug:room>/availability/",
        availability.RoomAvailability.as_view(),
        name="api-room-availability",
    ),
    path(f"{ROOT}free-times/", availability.FreeTimes.as_view(), name="api-free-times"),
    path(f"{ROOT}bookings/", bookings.BookingList.as_view(), name="api-bookings"),
    path(ONE, bookings.BookingDetail.as_view(), name="api-booking"),
    *(path(f"{ONE}{name}/", view.as_view(), name=f"api-booking-{name}") for name, view in STEPS.items()),
    path(f"{ROOT}waiting/", waiting.WaitingList.as_view(), name="api-waiting"),
    path(ENTRY, waiting.WaitingDetail.as_view(), name="api-waiting-entry"),
    *(path(f"{ENTRY}{name}/", view.as_view(), name=f"api-waiting-{name}") for name, view in OF_WAITING.items()),
]
