/** Files on one machine, this or another: what a copy needs of either end. */
export type Side = {
  /** Follows links. Undefined: nothing is there. */
  stat(path: string): Promise<Found | undefined>;
  /** Names in the folder, sorted. */
  list(path: string): Promise<string[]>;
  /** Absolute, without links. */
  realpath(path: string): Promise<string>;
  /** `mode` is that of a new folder; one that is there stays as it is. */
  makeFolder(path: string, mode: number): Promise<void>;
  read(path: string): Promise<Reading>;
  /** With `from` 0 a new file that only its owner may read; else what is there is gone on with. */
  write(path: string, from: number): Promise<Writing>;
  /** In one step, also over what is there. */
  rename(from: string, to: string): Promise<void>;
  /** Nothing there is fine. */
  remove(path: string): Promise<void>;
  /** SHA-256 in hex; undefined: nothing there can tell. */
  sum(path: string): Promise<string | undefined>;
  /** The path as a person would find it. */
  show(path: string): string;
};

export type Found = { kind: "file" | "folder" | "other"; size: number; mode: number };

export type Reading = {
  /** Up to `length` bytes; none at the end. */
  at(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
};

export type Writing = {
  at(position: number, bytes: Uint8Array): Promise<void>;
  /** Its size and permissions are these, and it is on the disk where that can be had. */
  finish(size: number, mode: number): Promise<void>;
  close(): Promise<void>;
};
