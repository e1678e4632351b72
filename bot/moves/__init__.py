"""From text to findings: who moves where, and why we think so."""
