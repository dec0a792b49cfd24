/** The file that `anneal image extract` has written. */
export type ImageExtractDocument = Readonly<{
  schema: 'anneal.image-extract/1'
  /** Path, as it was given with `--output`, or the file's own name. */
  file: string
  sizeBytes: number
  /** Nothing was written. Documents of earlier versions do not have it. */
  dryRun?: boolean
}>
