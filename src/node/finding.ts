export type { Finding, Severity } from '../core/index.ts'
