"""The secretariat's addresses, below `<code>/staff/`."""

from django.urls import path

from sessions.views import (
    staff_clock,
    staff_draw,
    staff_draw_steps,
    staff_home,
    staff_inscriptions,
    staff_journal,
    staff_quotas,
    staff_roster,
    staff_rules,
    staff_speakers,
)

urlpatterns = [
    path("", staff_home.Overview.as_view(), name="staff"),
    path("roster/", staff_roster.Roster.as_view(), name="roster"),
    path("roster/add/", staff_roster.RosterAdd.as_view(), name="roster-add"),
    path("roster/import/", staff_roster.RosterImport.as_view(), name="roster-import"),
    path("roster/example.csv", staff_roster.RosterExample.as_view(), name="roster-example"),
    path("roster/<int:receipt>/level/", staff_inscriptions.ChangeLevel.as_view(), name="inscription-level"),
    path("roster/<int:receipt>/speaker/", staff_inscriptions.EditSpeaker.as_view(), name="inscription-speaker"),
    path("roster/<int:receipt>/withdraw/", staff_inscriptions.Withdraw.as_view(), name="inscription-withdraw"),
    path("roster/<int:receipt>/undo/", staff_inscriptions.UndoWithdrawal.as_view(), name="inscription-undo"),
    path("quotas/", staff_quotas.Quotas.as_view(), name="quotas"),
    path("draw/", staff_draw.DrawPage.as_view(), name="staff-draw"),
    path("draw/announce/", staff_draw.Announce.as_view(), name="staff-draw-announce"),
    path("draw/look/", staff_draw.LookForDueWork.as_view(), name="staff-draw-look"),
    path("draw/<int:attempt>/withdraw/", staff_draw_steps.WithdrawAnnouncement.as_view(), name="staff-draw-withdraw"),
    path("draw/<int:attempt>/numbers/", staff_draw_steps.EnterNumbers.as_view(), name="staff-draw-numbers"),
    path("draw/<int:attempt>/annul/", staff_draw_steps.Annul.as_view(), name="staff-draw-annul"),
    path("draw/<int:attempt>/agree/", staff_draw_steps.AgreeToAnnul.as_view(), name="staff-draw-agree"),
    path("draw/<int:attempt>/keep/", staff_draw_steps.KeepResult.as_view(), name="staff-draw-keep"),
    path("speakers/", staff_speakers.SpeakersPage.as_view(), name="staff-speakers"),
    path("speakers/event/", staff_speakers.RecordEvent.as_view(), name="staff-speakers-event"),
    path("speakers/fill/", staff_speakers.FillVacancies.as_view(), name="staff-speakers-fill"),
    path("speakers/exchange/", staff_speakers.Exchange.as_view(), name="staff-speakers-exchange"),
    path("rules/", staff_rules.Rules.as_view(), name="rules"),
    path("rules/<slug:scope>/<slug:key>/", staff_rules.RulePage.as_view(), name="rule"),
    path("journal/", staff_journal.Journal.as_view(), name="journal"),
    path("journal/<int:number>/", staff_journal.Entry.as_view(), name="journal-entry"),
    path("journal/verify/", staff_journal.VerifyJournal.as_view(), name="journal-verify"),
    path("personal-data/<uuid:key>/erase/", staff_journal.ErasePerson.as_view(), name="erase-person"),
    path("clock/", staff_clock.Clock.as_view(), name="clock"),
]
