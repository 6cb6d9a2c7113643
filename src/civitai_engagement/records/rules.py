"""Numbers of rules that are applied both in Python and in SQL (docs/decisions/0027): each is written here only."""

from datetime import timedelta

# A media that was not looked at for more than so many times the interval it was due in, was not observed meanwhile.
GAP_AFTER = 2
# A change that was seen in a window and may have come so much of the window before it (a sixth) cannot be placed in it.
SLACK = 6
# A gain over less than this says nothing of a rate.
SHORTEST_RATE = timedelta(minutes=30)
