"""The other streams: the district, its units, the posts people hold."""
