/** Photos from the button, the clipboard or a drop: checked here first, so that nobody waits for a refusal. */

export interface PhotoWords {
  large: string;
  type: string;
}

export class Photos {
  readonly #input: HTMLInputElement;
  readonly #types: string[];
  readonly #maxBytes: number;

  constructor(
    details: HTMLDetailsElement,
    area: HTMLElement,
    readonly words: PhotoWords,
    readonly onPhoto: (file: File) => void,
    readonly onRefused: (reason: string) => void,
  ) {
    this.#input = details.querySelector<HTMLInputElement>("input[type=file]")!;
    this.#types = this.#input.accept.split(",");
    this.#maxBytes = Number(details.dataset.maxBytes);
    details.querySelector("summary")!.addEventListener("click", (event) => {
      event.preventDefault();
      this.#input.click();
    });
    this.#input.addEventListener("change", () => {
      this.#take(this.#input.files);
      this.#input.value = "";
    });
    area.addEventListener("paste", (event) => this.#intercept(event, event.clipboardData));
    area.addEventListener("drop", (event) => this.#intercept(event, event.dataTransfer));
    area.addEventListener("dragover", (event) => event.preventDefault());
  }

  #intercept(event: Event, data: DataTransfer | null): void {
    if (!data?.files.length) return;
    event.preventDefault();
    this.#take(data.files);
  }

  #take(files: FileList | null): void {
    for (const file of files ?? []) {
      if (file.type && !this.#types.includes(file.type)) this.onRefused(this.words.type);
      else if (file.size > this.#maxBytes) this.onRefused(this.words.large);
      else this.onPhoto(file);
    }
  }
}

/** The photo as chosen, and how far it has gone. */
export function preview(entry: HTMLElement, file: File): (part: number) => void {
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.className = "photo-preview";
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => image.remove(); // a format this browser cannot show
  const bar = document.createElement("progress");
  bar.className = "upload";
  bar.ariaLabel = file.name;
  entry.querySelector(".entry-text")!.after(image);
  entry.querySelector(".entry-sending")!.append(bar);
  return (part) => (bar.value = part);
}
