"""What the doors share: services, sessions, declared access, rendering, errors, live streams, timelines as views."""
