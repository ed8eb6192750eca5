"""`python -m tests.own_data FOLDER`: 500 texts, 120 images and 200 molecules, as a user may have them."""

import sys
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from neural.images.image_set import digits
from neural.language.stories import stories

#: The molecules in the repository, with a remark and a name each.
DRUGS = Path(__file__).parents[1] / "neural" / "conformers" / "drugs.smi"


def write(folder: Path, *, texts: int = 500, images: int = 120, molecules: int = 200) -> None:
    """Write `texts.txt`, `images/` and `molecules.smi`.

    Args:
        folder: of the data; it is made.
        texts: stories of the project's own grammar, with an empty line between them.
        images: handwritten digits, enlarged to 32 x 32 grey pixels.
        molecules: small drugs, a SMILES and a name a line.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    random, grammar = Random(0), stories()
    told = [" ".join(grammar.tell(random)) for _ in range(texts)]
    (folder / "texts.txt").write_text("\n\n".join(told) + "\n")
    for number, image in enumerate(digits().train[:images]):
        pixels = Image.fromarray((255 * image[:, :, 0]).astype(np.uint8))
        pixels.resize((32, 32), Image.Resampling.LANCZOS).save(folder / "images" / f"{number:03}.png")
    lines = [line for line in DRUGS.read_text().splitlines(keepends=True) if line.strip() and line[0] != "#"]
    (folder / "molecules.smi").write_text("".join(lines[:molecules]))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
