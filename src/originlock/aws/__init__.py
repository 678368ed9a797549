"""AWS, over botocore: readers, performers, pacing; the one room beside `lab` that knows an AWS SDK.

Lives here: calls, paging, and what AWS's answers and errors mean as facts and outcomes.
Must not live here: what should be done, and any opinion on what was read.
"""
