"""Segmentation of Chinese text into words, behind one `Segmenter`."""
