// Reads the QR code of a receipt from a photo, where the browser can: the photo never leaves the device.
for (const place of document.querySelectorAll("[data-scan]")) {
  const kinds = (await globalThis.BarcodeDetector?.getSupportedFormats()) ?? [];
  place.hidden = !kinds.includes("qr_code");
  place.querySelector("input").addEventListener("change", async ({ target }) => {
    const [photo] = target.files;
    if (!photo) return;
    // What cannot be opened as a picture holds no code either.
    const picture = await createImageBitmap(photo).catch(() => null);
    const [found] = picture ? await new BarcodeDetector({ formats: ["qr_code"] }).detect(picture) : [];
    place.querySelector("[data-unread]").hidden = Boolean(found);
    if (!found) return;
    place.closest("form").elements.q.value = found.rawValue;
    place.closest("form").requestSubmit();
  });
}
