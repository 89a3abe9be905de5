/** One activity's track as one packed row, lossless. Times are whole ms from the activity's start. */
import {
  Reader,
  readRuns,
  readTimes,
  readValues,
  seal,
  unseal,
  Writer,
  writeRuns,
  writeTimes,
  writeValues,
} from "./columns.ts";
import { type Lap, TRACK_CHANNELS, type Track } from "./records.ts";

/** A ten-millionth of a degree is a centimetre: what FIT files and providers' coordinates have. */
const PLACES = 7;

/** Throws RangeError for times that are not whole or a channel of another length: a caller's mistake, and packing would lose it. */
export async function packTrack({ time, channels, laps }: Track): Promise<Uint8Array> {
  if (!time.every(Number.isSafeInteger)) throw new RangeError("a track needs whole times");
  const writer = new Writer();
  writer.varint(time.length);
  writeTimes(writer, time);
  const present = TRACK_CHANNELS.filter((channel) => channels[channel]);
  writer.varint(present.length);
  for (const channel of present) {
    const values = channels[channel]!;
    if (values.length !== time.length) throw new RangeError(`the track's ${channel} is not as long as its times`);
    writer.text(channel);
    writeRuns(
      writer,
      values.map((value) => (value === null ? 0 : 1)),
      (is) => writer.byte(is),
    );
    writeValues(
      writer,
      values.filter((value) => value !== null),
      PLACES,
    );
  }
  writer.text(laps.length > 0 ? JSON.stringify(laps) : "");
  return seal(writer.done());
}

/** Throws RangeError (or the stream's TypeError) for data that `packTrack` did not make. */
export async function unpackTrack(data: Uint8Array): Promise<Track> {
  const reader = new Reader(await unseal(data));
  const count = reader.varint();
  const time = Array.from(readTimes(reader, count));
  const channels: Track["channels"] = {};
  for (let left = reader.varint(); left > 0; left--) {
    const channel = reader.text() as keyof typeof channels;
    const mask = readRuns(reader, count, () => reader.byte());
    const values = readValues(
      reader,
      mask.reduce((sum, is) => sum + is, 0),
    );
    let next = 0;
    channels[channel] = Array.from(mask, (is) => (is ? values[next++]! : null));
  }
  const text = reader.text();
  return { time, channels, laps: text ? (JSON.parse(text) as Lap[]) : [] };
}
