"""What every role of the studio shares to run well: settings, logs, metrics, the management port and its life cycle."""
