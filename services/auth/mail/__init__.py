"""Letters of auth: written in en.json and fr.json, set in plain text and HTML, sent by a task."""
