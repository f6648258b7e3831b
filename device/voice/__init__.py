"""What the box says and when: sentences in four languages, musical signs, and the order in which they are told.

A pure room: it neither speaks nor reads files. The audio room plays what stands here, the box decides what is asked.
"""
