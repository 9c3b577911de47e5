"""Pure arithmetic: functions and values, no framework."""
