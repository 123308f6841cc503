use super::major_version;

#[test]
fn the_major_version_is_read_from_what_postgres_prints() {
    assert_eq!(major_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
    assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
    assert_eq!(major_version("postgres (PostgreSQL) 9.6.24\n"), Some(9));
    assert_eq!(major_version("postgres (EnterpriseDB) 15.1\n"), None);
    assert_eq!(major_version(""), None);
}
