export { readInventoryFile } from './read-inventory-file.ts'
export { resolveCredential } from './resolve-credential.ts'
