/** Master user of the database. Only migrations and restores use it. */
export const DATABASE_ADMIN = "notejam_admin";
