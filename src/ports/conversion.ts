import type { ByteSource } from '../bytes/index.ts'
import type { Chunk, MappedRange } from '../image/convert/index.ts'
import type { RootCompression, RootFormat } from '../image/live/index.ts'

/**
 * What is to become of a chunk: written where it belongs in the output file, and only hashed where there is none;
 * given back as it is; given as one frame of Zstandard; or given as clusters of a qcow2 image, each compressed by itself.
 */
export type ChunkUse = 'write' | 'bytes' | 'zstd' | 'clustersByZlib' | 'clustersByZstd'

/** A cluster of a qcow2 image, in the bytes of a chunk's result: they follow one another. Clusters of zeros are left out. */
export type ChunkCluster = Readonly<{
  /** In the chunk. */
  at: number
  /** In the result: less than a cluster where it is compressed. */
  lengthBytes: number
  form: 'packed' | 'stored'
}>

export type ChunkResult = Readonly<{
  chunk: Chunk
  /** One for each run of used ranges, in order. */
  mapped: readonly MappedRange[]
  /** What was not known to be zero beforehand. */
  readBytes: number
  /** Into the output file; the rest of the chunk is a hole in it. */
  writtenBytes: number
  /** The whole chunk, free space as zeros; its frame; or its clusters. Left out where all that it uses is zeros. */
  bytes?: Uint8Array<ArrayBuffer>
  /** What `bytes` are where clusters were asked for. */
  clusters?: readonly ChunkCluster[]
}>

/** Reads, hashes, compresses and writes chunks, in threads. */
export interface ChunkConverter {
  /** A source from start to end, without threads. A piece holds good until the next is asked for: copy what you keep. */
  read(source: ByteSource, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Results come in the order of the chunks. After a failure or an abort nothing runs on. */
  convert(
    job: Readonly<{ base: ByteSource; use: ChunkUse; outputPath?: string; digests?: 'none' }>,
    chunks: readonly Chunk[],
    signal: AbortSignal,
  ): AsyncIterable<ChunkResult>
}

/** Both digests in hex. */
export type Digests = Readonly<{ sha256: string; sha512: string }>

/** Digests of a stream, off the main thread. */
export interface StreamDigest {
  /** Takes the buffer over. Resolves when more may come. */
  update(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Zeros, which need not be sent over. */
  updateZeros(lengthBytes: number): Promise<void>
  end(): Promise<Digests>
}

/** A file without a name, for what is written in any order and then read from its beginning. What was not written is zeros. */
export interface ScratchFile extends AsyncDisposable {
  /** Throws SCRATCH_UNWRITABLE. */
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>
  /** To its end. A piece is the reader's own. */
  read(fromByte: number): AsyncIterable<Uint8Array<ArrayBuffer>>
}

/** What a conversion needs of the world. */
export type ConversionWorld = Readonly<{
  chunks: ChunkConverter
  folder: OutputFolder
  /** Digests of something small, at once. */
  smallDigest: () => Readonly<{ update: (bytes: Uint8Array) => void; end: () => Digests }>
  /** Digests of something large, in threads of their own. */
  streamDigest: () => StreamDigest & AsyncDisposable
  /** Of a file as it is, by its path. */
  digestFile: (path: string, signal: AbortSignal) => Promise<Digests & Readonly<{ sizeBytes: number }>>
  /** SHA-256 of a text, in hex. */
  sha256: (text: string) => string
  /** One frame of Zstandard that holds so many zeros. */
  zstdOfZeros: (lengthBytes: number) => Promise<Uint8Array<ArrayBuffer>>
}>

/** A root image that is made of a tar archive as it streams past. */
export type RootImageJob = Readonly<{
  archive: AsyncIterable<Uint8Array>
  format: RootFormat
  compression: RootCompression
  /** A file that is there; what lies in it before the offset may be gone afterwards. */
  outputPath: string
  offsetBytes: number
  /** Permission bits of the root directory, for the program that takes no entry of it. */
  rootMode: number
}>

/** Makes a file system in a file smaller. */
export interface FileSystemShrinker {
  /** Throws SHRINK_NEEDS_PROGRAM where it cannot. */
  require(signal: AbortSignal): Promise<void>
  /**
   * Checks the file system, shrinks it to what `sizeFor` says of the bytes that it needs, cuts the file, and checks it again.
   * Gives its size in bytes. Throws SHRINK_FAILED.
   */
  shrink(
    job: Readonly<{
      path: string
      sizeBytes: number
      blockSizeBytes: number
      sizeFor: (neededBytes: number) => number
    }>,
    signal: AbortSignal,
  ): Promise<number>
}

/** Writes hash trees of dm-verity. */
export interface HashTreeWriter {
  /** Behind what lies in a range of a file, which is filled up to a block with zeros. Gives where in the range the tree begins and ends. */
  append(
    data: Readonly<{ path: string; offsetBytes: number; sizeBytes: number }>,
    signal: AbortSignal,
  ): Promise<Readonly<{ rootHash: string; offsetBytes: number; endBytes: number }>>
}

/** The program that makes root images: well-kept, and not Anneal's own. */
export interface RootImageMaker {
  /** Throws where it is not there or cannot do it, before anything is begun. */
  require(image: Pick<RootImageJob, 'format' | 'compression'>, signal: AbortSignal): Promise<void>
  /** Gives the size of the image, in bytes. */
  make(job: RootImageJob, signal: AbortSignal): Promise<number>
}

/** A file system that is made of a tar archive as it streams past. */
export type FileSystemJob = Readonly<{
  /** With an entry for the root itself; every directory comes before what is in it. */
  archive: AsyncIterable<Uint8Array>
  /** A file that is there and large enough; what lies in it outside of the file system stays. */
  outputPath: string
  offsetBytes: number
  sizeBytes: number
  inodes: number
  uuid: string
  label: string
  /** Seconds since 1970 that the file system was made at: of all times that no entry says. */
  madeSeconds: number
  /** Contents lie there for a moment: 32 MiB, or the two largest files. */
  scratchDirectory: string
}>

/** The programs that make a file system to be written to: well-kept, and not Anneal's own. */
export interface FileSystemMaker {
  /** Throws where they are not there, before anything is begun. */
  require(signal: AbortSignal): Promise<void>
  make(job: FileSystemJob, signal: AbortSignal): Promise<void>
}

/** A file of a new EFI system partition. */
export type EspFile = Readonly<{ path: string; content: ByteSource }>

export type EspJob = Readonly<{
  outputPath: string
  offsetBytes: number
  sizeBytes: number
  /** 8 hexadecimal digits. */
  volumeId: string
  label: string
  /** Directories of their paths are made. */
  files: readonly EspFile[]
}>

/** The programs that make an EFI system partition. */
export interface EspMaker {
  require(signal: AbortSignal): Promise<void>
  make(job: EspJob, signal: AbortSignal): Promise<void>
}

/** A directory for results. Nothing has its final name before `commit`. */
export interface OutputFolder {
  /** An empty file of the given size that is one hole. */
  create(name: string, sizeBytes: number): Promise<OutputFile>
  /** Gives every file its name, in the order in which they were created; what was there is replaced only with `force`. */
  commit(): Promise<void>
  /** Removes what was not committed. */
  discard(): Promise<void>
}

export interface OutputFile {
  /** Where it is until it is committed. */
  readonly temporaryPath: string
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>
  /** Longer runs of zeros stay the hole that they were; gives how much was written. */
  writeSparse(bytes: Uint8Array, offsetBytes: number): Promise<number>
}
