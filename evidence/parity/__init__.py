"""Parity of two sets of logits, positions × vocabulary: what is measured of each position, and what it means.

What every backend must return, whatever it runs on:

* **Compared ids** of a row are those below the tokenizer's size (`vocabulary`), without those where both sides hold
  -inf. The ids above it, the padded *tail*, are reported apart and judge nothing.
* -inf is a **mask**. Both sides must mask the same ids; a row where they do not has no numbers and is a failure.
* NaN and +inf are **non-finite**. A row with one on either side has no numbers; argmax and gap of the side that has
  it are not there, either. Whether the rest of the row agrees is not asked.
* **Centred**: the mean over the compared ids is subtracted from each side on its own, so that a shift of all logits,
  which no softmax sees, changes nothing. Cosine, norm ratio, max-abs and NMSE are of the centred rows.
* A row is **flat** where centring leaves nothing of it: all zeros, one value throughout, a single id. Flat on one
  side: the cosine is 0; on both: 1, because centred they are equal. Over a flat reference the norm ratio is 1 and NMSE
  is 0 where the subject is flat, too, and both are infinite where it is not.
* **KL** is of reference ‖ subject, in nats, never negative.
* **Tops** are compared as sets: where several ids share the highest logit, the sides agree if any id is highest on
  both. So the order of the vocabulary decides nothing.
* A **flip** costs what is lost by taking the other side's top: its *drop*, in logits; 0 where the tops
  agree.
* A row in which every id is masked, and a set of no rows, are **not measured**; they never match.
"""
