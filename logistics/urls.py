"""Where what surrounds the meeting is found, below the code of a session."""

from django.urls import include, path

app_name = "logistics"

urlpatterns = [
    path("", include("logistics.urls_applications")),
    path("", include("logistics.urls_programme")),
    path("", include("logistics.urls_rooms")),
    path("", include("logistics.urls_bookings")),
    # Last: the reference of an event could be the name of any page.
    path("", include("logistics.urls_published")),
]
