/** Photos of a form, made as small as we keep them before they are sent: several fit into one post. */

const LARGEST_SIDE = 2048; // pixels
const SMALL = 1_000_000; // bytes

export function startShrink(): void {
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLElement;
    if (input instanceof HTMLInputElement && input.matches("[type=file][data-shrink]")) void shrinkAll(input);
  });
}

async function shrinkAll(input: HTMLInputElement): Promise<void> {
  const buttons = input.form?.querySelectorAll<HTMLButtonElement>("button:not([type=button])") ?? [];
  for (const button of buttons) button.disabled = true;
  const kept = new DataTransfer();
  for (const file of input.files ?? []) kept.items.add(await shrunk(file));
  input.files = kept.files;
  for (const button of buttons) button.disabled = false;
}

async function shrunk(file: File): Promise<File> {
  if (file.size <= SMALL) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height));
    const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
    return new File([blob], file.name, { type: blob.type });
  } catch {
    return file; // the server says what is wrong with it
  }
}
