"""The lab: a local AWS that is no kinder than AWS, and a local publisher of the edge's lists."""
