-- Number 4 is that of identities and the roster, which come with another branch.
COMMENT ON SCHEMA vault IS 'nightsafe vault 4';
