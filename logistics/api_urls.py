"""What the API offers of what surrounds the meeting."""

from django.urls import include, path

urlpatterns = [
    path("", include("logistics.api_urls_applications")),
    path("", include("logistics.api_urls_programme")),
    path("", include("logistics.api_urls_rooms")),
    path("", include("logistics.api_urls_bookings")),
]
