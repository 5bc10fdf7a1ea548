"""A WeChat Official Account (公众号), through its server API; `doc.md` has the facts."""
