//! Deletion of a project or an organization with its content.

use super::*;
use serde_json::Value;

/// Counts the rows with an ID in each table.
fn mentions(platform: &LocalPlatform, id: &str) -> Vec<(String, usize)> {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let tables = dump["tables"].as_object().unwrap();
    let rows = |table: &Value| {
        let rows = table["rows"].as_array().unwrap().iter();
        rows.filter(|row| row.as_array().unwrap().iter().any(|cell| cell == id)).count()
    };
    tables.iter().map(|(name, table)| (name.clone(), rows(table))).filter(|(_, rows)| *rows > 0).collect()
}

fn counted(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
    pairs.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect()
}

#[maybe_async]
#[flavour_test]
async fn deleting_a_project_deletes_its_content() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let organization = client.organization(platform.org_id());
    let created = organization.create_project("Short-lived").await.unwrap();
    let id = created.id().unwrap().as_str().to_owned();
    let project = organization.project(id.as_str());
    project.add_member("ann@x.io", Role::Reader).await.unwrap();
    let key = platform.create_key("ann@x.io", platform.org_id(), &id).unwrap();
    let ann = super::client(&platform, &key);
    ann.project().get().await.unwrap();
    assert_eq!(mentions(&platform, &id), counted(&[("keys", 1), ("project_members", 2), ("projects", 1)]));
    let untouched = mentions(&platform, platform.project_id());
    project.delete().await.unwrap();
    assert_eq!(mentions(&platform, &id), []);
    assert_eq!(mentions(&platform, platform.project_id()), untouched);
    let (status, text) = refused(ann.ping().await);
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the key is deleted");
    assert!(text.starts_with("Invalid API key."), "{text}");
    let (status, text) = refused(project.delete().await);
    assert_eq!((status, text.as_str()), (StatusCode::NOT_FOUND, "Organization or project not found"));
    let members = organization.get().await.unwrap().members.unwrap();
    assert_eq!(members.len(), 3, "its members stay in the organization");
}

#[maybe_async]
#[flavour_test]
async fn deleting_an_organization_deletes_its_content() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let created = client.organizations().create("Short-lived").await.unwrap();
    let id = created.id().unwrap().as_str().to_owned();
    let organization = client.organization(id.as_str());
    let first = organization.create_project("One").await.unwrap();
    organization.create_project("Two").await.unwrap();
    organization.add_member("ann@x.io", Role::Reader).await.unwrap();
    let key = platform.create_key("ann@x.io", &id, first.id().unwrap().as_str()).unwrap();
    let ann = super::client(&platform, &key);
    ann.organization(id.as_str()).get().await.unwrap();
    let everywhere = [
        ("keys", 1),
        ("organization_members", 2),
        ("organizations", 1),
        ("project_members", 2),
        ("projects", 2),
    ];
    assert_eq!(mentions(&platform, &id), counted(&everywhere));
    let untouched = mentions(&platform, platform.org_id());
    organization.delete().await.unwrap();
    assert_eq!(mentions(&platform, &id), []);
    assert_eq!(mentions(&platform, first.id().unwrap().as_str()), []);
    assert_eq!(mentions(&platform, platform.org_id()), untouched);
    let (status, _) = refused(ann.ping().await);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, text) = refused(organization.get().await);
    assert_eq!((status, text.as_str()), (StatusCode::NOT_FOUND, "Organization not found"));
    let listed = client.organizations().list().await.unwrap();
    assert_eq!(listed.len(), 1);
    let remaining = client.organization(platform.org_id());
    remaining.add_member("ann@x.io", Role::Reader).await.unwrap();
    let current = remaining.get().await.unwrap();
    assert_eq!(current.invitations, Some(vec![]), "its users stay");
}

/// The default project and organization can be deleted, although keys belong to them.
#[maybe_async]
#[flavour_test]
async fn default_organization_can_be_deleted() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    client.organization(platform.org_id()).delete().await.unwrap();
    let (status, _) = refused(client.ping().await);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(mentions(&platform, platform.org_id()), []);
    platform.reset().unwrap();
    client.ping().await.unwrap();
}
