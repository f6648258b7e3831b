"""Pure signal processing with numpy alone: windows, band powers, heart-rate variability and signal quality.

scipy is left out on purpose: importing scipy.signal costs 0.8 s and 75 MB in a process that has 120 MB for everything.
Training (`export`) and the box use these same functions, so there is one feature extractor. Every feature is named
`channel.feature`, for EEG and heart alike.
"""
