// A photo on its way from the camera to the queue: when it was taken, and not larger than it has to be.

const LARGE = 4 * 1024 * 1024;
const LIMIT = 20 * 1024 * 1024;
const SIDE = 2560;
const QUALITY = 0.85;
const SHRINKABLE = /^image\/(jpeg|png|webp)$/;

export function refusal(file) {
  if (file.size > LIMIT && !SHRINKABLE.test(file.type)) return `“${file.name}”超过 20 MB，请缩小后再选。`;
  if (!file.size) return `“${file.name}”是空文件，请重新选择。`;
  if (file.type && !file.type.startsWith("image/")) return `“${file.name}”不是照片。`;
  return "";
}

// The camera's own word, else the file's. A clock that runs ahead is not believed.
export async function takenAt(file) {
  const written = await exifTime(file).catch(() => null);
  const date = written || new Date(file.lastModified || Date.now());
  return date > new Date() ? new Date() : date;
}

// Large pictures become JPEGs of at most 2560 px; what the browser can't open (HEIC, damaged) goes as it is.
export async function shrink(file) {
  if (file.size <= LARGE || !SHRINKABLE.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return small && small.size < file.size ? small : file;
  } catch {
    return file;
  }
}

const DATE_TIME_ORIGINAL = 0x9003;
const OFFSET_TIME_ORIGINAL = 0x9011;
const EXIF_FOLDER = 0x8769;

// DateTimeOriginal of a JPEG, which lies in its first part (APP1); a camera without an offset is on the phone's time.
async function exifTime(file) {
  const view = new DataView(await file.slice(0, 128 * 1024).arrayBuffer());
  if (view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (view.getUint16(at) !== 0xffe1 || view.getUint32(at + 4) !== 0x45786966) {
    if (view.getUint8(at) !== 0xff) return null;
    at += 2 + view.getUint16(at + 2);
  }
  const start = at + 10;
  const little = view.getUint16(start) === 0x4949;
  const entries = (folder) => {
    const found = new Map();
    for (let index = 0; index < view.getUint16(folder, little); index += 1) {
      const entry = folder + 2 + index * 12;
      found.set(view.getUint16(entry, little), entry);
    }
    return found;
  };
  const text = (entry) => {
    const length = view.getUint32(entry + 4, little);
    const from = length > 4 ? start + view.getUint32(entry + 8, little) : entry + 8;
    return String.fromCharCode(...new Uint8Array(view.buffer, from, length)).replace(/\0.*$/s, "").trim();
  };
  const top = entries(start + view.getUint32(start + 4, little));
  if (!top.has(EXIF_FOLDER)) return null;
  const camera = entries(start + view.getUint32(top.get(EXIF_FOLDER) + 8, little));
  if (!camera.has(DATE_TIME_ORIGINAL)) return null;
  const [day, time] = text(camera.get(DATE_TIME_ORIGINAL)).split(" ");
  const offset = camera.has(OFFSET_TIME_ORIGINAL) ? text(camera.get(OFFSET_TIME_ORIGINAL)) : "";
  const moment = new Date(`${day.replaceAll(":", "-")}T${time}${offset}`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
