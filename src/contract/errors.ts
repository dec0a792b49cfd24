import { EXIT, errorsOf } from '../core/index.ts'

export const CONTRACT_ERRORS = {
  DOCUMENT_INVALID: {
    message: 'Cannot read {document}: {why}',
    remedy:
      'give a file that Anneal wrote, unchanged; docs/json.md lists the documents and their schemas. A newer version of Anneal may be needed to read it',
    retry: false,
    exit: EXIT.failed,
  },
} as const

export const raise = errorsOf(CONTRACT_ERRORS)
