export { cronJobReader } from './job-reader.ts'
