"""What indicators show: the language of evidence, known indicators with their units, named clinical definitions.

Pure, and below both that use it: templates decide by it which answers they may offer, the check judges by it what an
answer rests on. So a threshold stands in one place, `templates/criteria/`.
"""
