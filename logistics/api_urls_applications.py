from django.urls import URLPattern, path

from logistics import api_applications as api
from logistics.api_flyers import ApplicationFlyer
from logistics.api_receipts import ReceiptList

ONE = "sessions/<slug:code>/applications/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("sessions/<slug:code>/receipts/", ReceiptList.as_view(), name="api-receipts"),
    path("sessions/<slug:code>/applications/", api.ApplicationList.as_view(), name="api-applications"),
    path(ONE, api.ApplicationDetail.as_view(), name="api-application"),
    path(f"{ONE}flyer/", ApplicationFlyer.as_view(), name="api-application-flyer"),
    path(f"{ONE}submit/", api.ApplicationSubmission.as_view(), name="api-application-submit"),
    path(f"{ONE}confirm/", api.ApplicationConfirmation.as_view(), name="api-application-confirm"),
    path(f"{ONE}answer-correction/", api.ApplicationAnswer.as_view(), name="api-application-answer"),
    path(f"{ONE}withdraw/", api.ApplicationWithdrawal.as_view(), name="api-application-withdraw"),
    path(f"{ONE}carry-over/", api.ApplicationCarryOver.as_view(), name="api-application-carry-over"),
    path(f"{ONE}accept/", api.ApplicationAcceptance.as_view(), name="api-application-accept"),
    path(f"{ONE}reject/", api.ApplicationRejection.as_view(), name="api-application-reject"),
    path(f"{ONE}request-correction/", api.ApplicationCorrection.as_view(), name="api-application-correction"),
]
