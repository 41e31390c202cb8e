from django.db import models


class RateCounter(models.Model):
    """A bucket that fills with each hit and drains with time; see `meetingportal.limits`."""

    bucket = models.CharField(max_length=64, primary_key=True)
    level = models.FloatField()
    hits = models.BigIntegerField()
    refused = models.BooleanField(default=False, db_default=False)  # the newest hit
    at = models.FloatField(db_index=True)
    # Until when it counts as run over, where somebody has noted that it did.
    over_until = models.FloatField(default=0, db_default=0.0)

    def __str__(self) -> str:
        return f"{self.bucket[:8]}… at {self.level:.1f}"


class SentForm(models.Model):
    """A form that has been acted on; see `meetingportal.once`."""

    key = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
