"""How a process is, for machines: /healthz (it lives), /readyz (it works), /metrics (numbers for Prometheus)."""
